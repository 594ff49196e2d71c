select pair from oauth_token
