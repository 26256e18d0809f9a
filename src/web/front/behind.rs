//! Long work behind the pages: it takes what they leave.

/// How far long work stands back behind requests. **Unit:** steps of `nice`.
#[cfg(target_os = "linux")]
const STEPS_BACK: i32 = 10;

/// Lets everybody else go first from here on, on this thread and those it starts: what is verified
/// or exported has time, who waits for a page has not.
pub fn give_way() {
    // Elsewhere this would slow the whole process down; on Linux each thread has its own.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(STEPS_BACK) {
        tracing::debug!("long work goes on as any other: {error}");
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use rustix::process::getpriority_process;

    #[test]
    fn only_the_thread_that_asked_stands_back_with_those_it_starts() {
        let priority = || getpriority_process(None).unwrap();
        let before = priority();
        let behind = std::thread::spawn(move || {
            super::give_way();
            let child = std::thread::spawn(priority);
            (priority(), child.join().unwrap())
        });
        let (own, child) = behind.join().unwrap();
        let wanted = (before + super::STEPS_BACK).min(19);
        assert_eq!((own, child, priority()), (wanted, wanted, before));
    }
}
