"""People, teams, invitations and tokens made and changed: each with its audit."""
