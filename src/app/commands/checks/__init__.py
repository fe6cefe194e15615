"""What `latchkey doctor` looks at, a file a subject."""
