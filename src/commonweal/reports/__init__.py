"""Tables, pictures, prose and pages."""
