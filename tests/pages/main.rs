//! Every address of the site, asked of the product's own program: by each role that may, by each
//! that may not, and by somebody who is not signed in.

mod kit;
mod resumed;
mod rights;
