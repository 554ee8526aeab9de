"""What a reader may see: views of the tables, which every query meets instead of them."""
