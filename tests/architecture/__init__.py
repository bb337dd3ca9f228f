"""What a machine checks about the whole."""
