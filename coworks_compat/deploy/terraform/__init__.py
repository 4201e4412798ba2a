"""terraform as a program: found, run, its plans read, put into words and guarded."""
