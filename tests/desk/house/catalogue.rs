//! Catalogues that must stay whole: every event has a sentence and a line in the museum, every
//! route a page test, every setting and command a place in the handbook.
