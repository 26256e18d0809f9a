// Every behaviour is an element of its own; each page works without any of them.
import "./ask-trail.js";
import "./call-timer.js";
import "./command-palette.js";
import "./compose-box.js";
import "./copy-text.js";
import "./draft-field.js";
import "./inbox-panes.js";
import "./key-map.js";
import "./live-stream.js";
import "./macro-list.js";
import "./mention-list.js";
import "./notice-bell.js";
import "./notice-permission.js";
import "./relative-time.js";
import "./theme-switch.js";
import "./toast-list.js";
import "./window-countdown.js";
