package a

enum if input.level == 1

one_of if input.id == true

rest if input.labels.any == 1

pattern if input.codes.a1 == "x"

constant if input.kind == 2

free if {
	input.not == 1
	input.contains[_] == 1
}
