"""Test support: visitor, world, factories, browser, databases, servers and mailbox."""
