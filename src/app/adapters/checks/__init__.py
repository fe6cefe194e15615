"""Whether a vendor takes what our settings say, a file a vendor. Nothing is sent to anybody."""
