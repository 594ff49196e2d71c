document.title = "salesloft-integration";
