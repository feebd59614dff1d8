"""What makes the shop run on one machine: environment, services, processes, checks.

Standard library only, because most of it works before the virtual environment exists.
"""
