namespace ZoneTierFS.Engine.Format;
internal enum JournalTag : byte { None = 0, Put = 1, Delete = 2, DeleteRange = 3, Checksums = 4, NextZone = 5 }
