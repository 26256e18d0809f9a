//! The face: HTTP in, pages and JSON out. The front guards the door, the exchange is what a handler
//! sees of a request and says in return. No rule and no SQL lives here.

pub mod exchange;
pub mod front;
