"""What `make bench` measures: the product against the least that could do each thing."""
