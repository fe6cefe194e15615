"""Latchkey: a self-hosted front door. Sign-up and sign-in, phone first, in plain HTML."""
