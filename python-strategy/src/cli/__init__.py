"""What a person types: `flashcrash` and its sub-commands.

Belongs here: arguments, help with examples, what is printed, exit codes (0 done, 1 failed, 2 misused or
cannot start). Never here: anything that a test of the parts below would have to repeat.
"""
