"""The command `mailflow`: one file per group of commands.

Data goes to standard output, everything else to standard error. Modules here import only what
is light; whatever is heavy is imported inside the command that needs it, so that help is instant.
"""
