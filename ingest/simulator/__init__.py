"""The five vendors, simulated over real HTTP, for the demo and for tests.

Each simulator is written from its vendor's published facts alone and knows nothing of
the connector that reads it. What a client starts or pushes is read back like any other
run; it is kept by that simulator alone, and the world behind it stays as it is.
"""
