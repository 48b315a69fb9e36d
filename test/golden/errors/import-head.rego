package a
import data.b.in.c.set().d
