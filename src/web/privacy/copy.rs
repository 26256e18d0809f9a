//! A copy of a customer's data as one zip file.

use crate::domain::id::ContactId;
use crate::error::{Doing, Result};
use crate::evidence::{Package, copy};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use std::io::Seek;

/// `POST /contacts/K-17/copy`
pub fn take(visit: &Visit<'_>, contact: ContactId) -> Result<Response> {
    let mut file = tempfile::tempfile().doing("making a file for the copy")?;
    let notes = visit.field("notes") == "yes";
    let package = Package::zip(&file);
    copy(&visit.app.ledger, &visit.who, contact, notes, package)?;
    let len = file.seek(std::io::SeekFrom::End(0))?;
    let name = format!("data-{contact}.zip");
    Ok(Response::file(file, len, "application/zip", &name))
}
