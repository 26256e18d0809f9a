// Every behaviour is an element of its own; each page works without any of them.
import "./relative-time.js";
