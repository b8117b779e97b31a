"""The operator's console: figures, requests, quarantine, people, accounts, health.

Pages without scripts behind a login, on a port of their own. A GET shows; a POST needs a session,
its secret in the form, and the role `act`; what it does to a request is a command through the same
door as a mail's, and stands in the history under the operator's name.
"""

from mailflow.web.console.app import console

__all__ = ["console"]
