"""Requests to endpoints and transform jobs, their responses, and rows joined to these."""
