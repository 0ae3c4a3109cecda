Console.WriteLine("breeze");
