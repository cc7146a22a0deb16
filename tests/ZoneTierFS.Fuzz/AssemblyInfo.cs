using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ZoneTierFS.Tests")]
