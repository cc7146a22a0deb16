using System.CommandLine;
using ZoneTierFS.Benchmarks.Models;

RootCommand root = new("Measures ZoneTierFS against its peers, and makes the models that it is measured with.")
{
    MakeModelCommand.Create(),
};
return root.Parse(args).Invoke();
