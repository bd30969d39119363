"""Measurements that take minutes: bookings per second, search, and what a killed server leaves behind.

Everything runs on this machine and on loopback, in folders that are deleted afterwards, and stops by itself. See
``docs/benchmarks.md`` for what came of it.
"""
