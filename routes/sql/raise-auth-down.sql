update probe set auth_down = true
