"""What `latchkey` can do: one file a command."""
