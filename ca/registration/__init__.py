"""Who asks, what supports it, and who decides: requests with their evidence, and officers' decisions.

What must never be here: a key, or anything that certifies. A decision is a fact under an officer's own signature.
"""
