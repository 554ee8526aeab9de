"""How people prove who they are: second factors, and a provider of OpenID Connect."""
