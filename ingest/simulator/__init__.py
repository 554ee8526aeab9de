"""The five vendors, simulated over real HTTP, for the demo and for tests.

Each simulator is written from its vendor's published facts alone and knows nothing of
the connector that reads it.
"""
