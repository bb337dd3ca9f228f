"""The schema's history: one line of revisions, and the guards and roles that the database itself keeps."""
