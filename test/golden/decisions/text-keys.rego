package a

# JSON's keys are text, in the order of the texts; of two with one text the later stays.
mixed := json.marshal({true: 1, "k": 2, 1: 3, [1]: 4, {2: 3, "b": 1}: 5})

same := json.marshal({1: "number", "1": "text"})

inside := {{true: 1, "k": 2, 1: 3}: 1}

rego := sprintf("%v", [{true: 1, "k": 2, 1: 3}])
