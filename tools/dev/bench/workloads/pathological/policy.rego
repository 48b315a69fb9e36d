package bench

result := {"matches": matches}

matches := [regex.match(pattern, input.body) | some pattern in data.patterns]
