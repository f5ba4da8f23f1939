package jsontree

// Length is about how many bytes of JSON a value needs, without blanks and without what
// nobody vouches for: members that are passed over, and objects and arrays in which
// nothing else is left. Compared with the length of a body it tells how much of that is
// padding.
func (v Value) Length(passOver func(Member) bool) int {
	const marks = 4 // quotes, a colon, a comma
	total := 0
	switch v.kind {
	case Object:
		for _, m := range v.members {
			if passOver(m) {
				continue
			}
			if length := m.Value.Length(passOver); length > 0 {
				total += len(m.Name) + length + marks
			}
		}
	case Array:
		for _, element := range v.members {
			total += element.Value.Length(passOver)
		}
	default:
		total = len(v.text) + marks
	}
	return total
}
