SELECT EXISTS (SELECT FROM omnisci.export WHERE format = :format AND profile = :profile AND rows > 0)
