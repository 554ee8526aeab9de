"""The addresses to which results are pushed: token and body in, the vendor's answer out."""
