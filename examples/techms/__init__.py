"""A microservice as a class, in the project layout of CoWorks: the example of its deployment guide."""
