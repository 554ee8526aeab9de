"""What programs that speak the Model Context Protocol may ask: the API's own answers."""
