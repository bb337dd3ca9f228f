"""What all our Flask applications do the same way: settings, headers, errors, language, logs, metrics, documents.

What must never be here: a noun of one house (a certificate request, a session, a time stamp).
"""
