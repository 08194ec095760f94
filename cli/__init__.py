"""What the commands of `starter.py` do. Composes; decides nothing about a case."""
