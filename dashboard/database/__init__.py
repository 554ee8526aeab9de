"""How Passline speaks to PostgreSQL: through sessions that remember nothing between two
transactions, so that a pooler may lend each transaction another one.
"""
