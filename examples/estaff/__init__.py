"""e-Staff: a second relying service; it shows one's post as it is now, and imports nothing of laotrust."""
