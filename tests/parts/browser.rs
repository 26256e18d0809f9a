//! A member at a browser that runs no script: pages, cookies, forms.

use crate::kit::{EMAIL, PASSWORD, agent};
use std::collections::BTreeMap;

/// See the module.
pub struct Browser {
    agent: ureq::Agent,
    base: String,
    cookies: BTreeMap<String, String>,
}

/// What came back.
pub struct Page {
    /// The status.
    pub status: u16,
    /// The text of the page.
    pub html: String,
}

impl Browser {
    /// Signs in as the owner.
    pub fn signed_in(base: &str) -> Browser {
        let mut browser = Browser {
            agent: agent(),
            base: base.to_owned(),
            cookies: BTreeMap::new(),
        };
        let page = browser.get("/login").unwrap();
        let csrf = page.hidden("csrf").unwrap();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &csrf)
            .append_pair("email", EMAIL)
            .append_pair("password", PASSWORD);
        let request = browser.agent.post(format!("{base}/login"));
        let request = request.header("cookie", browser.cookie());
        let page = request
            .content_type("application/x-www-form-urlencoded")
            .send(form.finish());
        let page = browser.keep(page).unwrap();
        assert_eq!(page.status, 303, "{}", page.html);
        browser
    }

    /// A page; none if the desk cannot be reached.
    pub fn get(&mut self, path: &str) -> Option<Page> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let answer = request.header("cookie", self.cookie()).call();
        self.keep(answer)
    }

    /// Opens a conversation and replies, as the form on its page does; the last answer, or none if
    /// the desk could not be reached or the answer was lost.
    pub fn reply(&mut self, conversation: u64, text: &str) -> Option<Page> {
        let path = format!("/conversations/C-{conversation}");
        let mut page = self.get(&path)?;
        for _ in 0..5 {
            if !matches!(page.status, 200 | 409 | 422) {
                return Some(page);
            }
            let mut fields = vec![("text", text.to_owned()), ("status", String::new())];
            for name in ["csrf", "back", "seen", "confirmed"] {
                fields.extend(page.hidden(name).map(|value| (name, value)));
            }
            page = self.post(&format!("{path}/replies"), &fields)?;
            if page.status == 303 {
                return Some(page); // else the thread had moved on: the page asks again
            }
        }
        Some(page)
    }

    /// Sends a form with its fields, as one with a place for files does.
    pub fn post(&mut self, path: &str, fields: &[(&str, String)]) -> Option<Page> {
        const MARK: &str = "----a-mark-between-the-parts";
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!(
                "--{MARK}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!("--{MARK}--\r\n"));
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("cookie", self.cookie());
        let answer = request
            .content_type(format!("multipart/form-data; boundary={MARK}"))
            .send(body);
        self.keep(answer)
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(
        &mut self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Option<Page> {
        let mut answer = answer.ok()?;
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Some(Page {
            status: answer.status().as_u16(),
            html: answer.body_mut().read_to_string().ok()?,
        })
    }
}

impl Page {
    /// The value of a hidden field of the reply form, or of the first form that has it.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let form = self.html.find("composer__form").unwrap_or(0);
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.html[form..].split_once(&mark)?.1;
        let value = rest.split_once('"')?.0;
        Some(value.replace("&amp;", "&").replace("&#x2f;", "/"))
    }
}
