"""The store of what must outlive the process: accounts, sessions, the ledger, the audit and the snapshots.

Belongs here: tables and migrations, the one writer thread, what reads them back in the domain's words.
Never here: a decision, a price that moves, a clock (times arrive with the values), a command line.
"""
