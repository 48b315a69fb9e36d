package bench

default result := {"allow": false}

result := {"allow": true, "subject": claims.sub} if {
	[valid, _, claims] := io.jwt.decode_verify(input.token, {
		"cert": data.key,
		"alg": data.algorithm,
		"aud": "tools",
		"time": 1800000000000000000,
	})
	valid
}
