"""The two terraform roots of a stage, written as files."""
