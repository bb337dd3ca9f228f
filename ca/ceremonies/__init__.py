"""Keys of our own and the certificates that are made by hand: root, issuing CAs, our services, the first officers."""
