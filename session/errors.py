"""What can go wrong with a session, each as one line for the user."""


class SessionError(Exception):
    """A session file that cannot be created, read or understood; `str()` is one line that says what to do."""


class UnusableData(SessionError):
    """A data set that cannot be read, or does not fit its task; `str()` names the file and what was expected."""


class NotComparable(Exception):
    """Recordings that cannot be compared; `str()` is one line that says why, and what to do."""


class Refused(NotComparable):
    """Recordings whose figures mean nothing side by side; they can be had all the same, by who asks for that."""
