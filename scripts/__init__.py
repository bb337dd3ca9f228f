"""Verbs for operators: thin, one file each; they read files and prompts, call one use case, and print."""
